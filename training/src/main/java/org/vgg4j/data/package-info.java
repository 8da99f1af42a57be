/**
 * Labelled pictures: image folders, IDX files, the built-in Fashion-MNIST; their division into
 * training, validation and test images; the look at all of them before training; the order of
 * samples, their augmentation, and the loader that turns them into batches ahead of their use.
 */
@NullMarked
package org.vgg4j.data;

import org.jspecify.annotations.NullMarked;
