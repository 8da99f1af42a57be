/**
 * Execution: parameters, forward and backward passes, named taps, and the memory they take, known
 * before a run. Layouts and prepared weights are this room's private business.
 */
@NullMarked
package org.vgg4j.network;

import org.jspecify.annotations.NullMarked;
