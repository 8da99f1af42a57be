/** Safetensors files: reading and writing tensors by name. It knows no networks. */
@NullMarked
package org.vgg4j.weights.safetensors;

import org.jspecify.annotations.NullMarked;
