/** Linear SVMs on dense descriptors, compared with liblinear: time and memory. */
@NullMarked
package org.vgg4j.bench.svm;

import org.jspecify.annotations.NullMarked;
