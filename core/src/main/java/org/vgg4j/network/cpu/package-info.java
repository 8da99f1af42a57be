/**
 * The engine of the host's processors: layers as stages, passes over them, and learning. Reached
 * through {@link org.vgg4j.network.Engines} only, like the engines of other devices.
 */
@NullMarked
package org.vgg4j.network.cpu;

import org.jspecify.annotations.NullMarked;
