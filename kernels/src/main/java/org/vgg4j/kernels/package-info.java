/**
 * Numerical kernels: arrays in, arrays out, no idea what a network is.
 *
 * <p>{@link org.vgg4j.kernels.Kernels} is the interface; {@link org.vgg4j.kernels.KernelLookup}
 * chooses the implementation. Conventions that all kernels share:
 *
 * <ul>
 *   <li>Feature maps have the layout of {@link org.vgg4j.kernels.MapLayout}: blocks of 16 channels,
 *       the lanes innermost, a zero halo around each map. Whoever writes a map writes its halo.
 *   <li>Weights and their gradients have torchvision's layout: {@code [out][in][row][column]} and
 *       {@code [out][in]}. What a kernel makes of the weights for its own use (a "prepared" form)
 *       is opaque to others.
 *   <li>Every hidden layer is rectified, so ReLU is part of the layer's forward kernel (with batch
 *       normalisation: of that, {@link org.vgg4j.kernels.BatchNorm}'s); and every gradient that a
 *       backward kernel returns is already multiplied by the derivative of the ReLU (and dropout)
 *       that made its input. So a layer's {@code outputGradient} is always that of its sum before
 *       ReLU.
 *   <li>Weight gradients are added to: the sum over the images of the call is formed first, and
 *       then added to what is there, so that a batch in micro-batches is the sum of theirs, bit for
 *       bit.
 *   <li>Results depend on shapes (and the kernels, and their vector width), never on the number of
 *       threads.
 * </ul>
 */
@NullMarked
package org.vgg4j.kernels;

import org.jspecify.annotations.NullMarked;
