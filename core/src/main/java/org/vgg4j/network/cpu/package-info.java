/**
 * The engine of the CPU: layers as stages, passes over them, and learning. Reached only through
 * {@link org.vgg4j.network.Engines}, like the engines of other devices.
 */
@NullMarked
package org.vgg4j.network.cpu;

import org.jspecify.annotations.NullMarked;
