/** Data sets whose images lie packed in a few files: IDX (MNIST and its likes) and CIFAR. */
@NullMarked
package org.vgg4j.data.packed;

import org.jspecify.annotations.NullMarked;
