/**
 * Execution as callers see it, on any device: engines, networks, learners, parameters, named taps,
 * and the memory that they take, predicted before a run. Layouts and prepared weights are private
 * to each engine; the CPU's engine is in {@code network.cpu}.
 */
@NullMarked
package org.vgg4j.network;

import org.jspecify.annotations.NullMarked;
