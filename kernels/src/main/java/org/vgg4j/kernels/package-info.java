/**
 * Numerical kernels: arrays in, arrays out, no idea what a network is.
 *
 * <p>{@link org.vgg4j.kernels.Kernels} is the interface; {@link org.vgg4j.kernels.KernelLookup}
 * chooses the implementation. Conventions shared by all kernels:
 *
 * <ul>
 *   <li>Feature maps have the layout of {@link org.vgg4j.kernels.MapLayout}: blocks of 16 channels,
 *       the lanes innermost, a zero halo around each map. Whatever writes a map writes its halo.
 *   <li>Weights and their gradients have torchvision's layout: {@code [out][in][row][column]} and
 *       {@code [out][in]}. The form that a kernel brings them into for its own use ("prepared") is
 *       opaque to callers.
 *   <li>Every hidden layer ends in a ReLU, which is part of its forward kernel (with batch
 *       normalisation, of {@link org.vgg4j.kernels.BatchNorm}'s). Every gradient that a backward
 *       kernel returns is already multiplied by the derivative of the ReLU (and dropout) that made
 *       its input, so a layer's {@code outputGradient} is always with respect to its sum before
 *       ReLU.
 *   <li>Weight gradients accumulate: a call first forms the sum over its images and then adds it to
 *       the array. So the gradient of a batch is the sum of those of its micro-batches, bit for
 *       bit.
 *   <li>Results depend on shapes (and on the kernels and their vector width), never on the number
 *       of threads.
 * </ul>
 */
@NullMarked
package org.vgg4j.kernels;

import org.jspecify.annotations.NullMarked;
