/**
 * Training: initial weights, SGD with momentum, the learning-rate schedule, the training loop, and
 * run folders (the paper, section 3.1).
 */
@NullMarked
package org.vgg4j.train;

import org.jspecify.annotations.NullMarked;
