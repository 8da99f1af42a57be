/**
 * Execution as callers see it, whatever computes: engines, networks, learners, parameters, named
 * taps, and the memory they take, known before a run. Layouts and prepared weights are the private
 * business of each engine; that of the host's processors is in {@code network.cpu}.
 */
@NullMarked
package org.vgg4j.network;

import org.jspecify.annotations.NullMarked;
