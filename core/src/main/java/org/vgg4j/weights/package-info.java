/**
 * Weights on disk: the safetensors format, and the model file, which holds the architecture, the
 * preprocessing, the class names and the provenance beside the weights.
 */
@NullMarked
package org.vgg4j.weights;

import org.jspecify.annotations.NullMarked;
