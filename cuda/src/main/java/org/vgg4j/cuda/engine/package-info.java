/**
 * The engine for NVIDIA GPUs: puts networks together from kernels. Maps and weights stay on the
 * GPU; what crosses to the host are images, targets, scores, and parameters when they are asked
 * for.
 */
@NullMarked
package org.vgg4j.cuda.engine;

import org.jspecify.annotations.NullMarked;
