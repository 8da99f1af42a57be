/**
 * Weights on disk: the safetensors format, and the model file, which carries with its weights the
 * architecture, the preprocessing, the class names and the provenance.
 */
@NullMarked
package org.vgg4j.weights;

import org.jspecify.annotations.NullMarked;
