/**
 * The Open Inference Protocol, version 2, over HTTP, as KServe and Triton speak it, so that their
 * clients work here as they are: metadata, health, inference on tensors and on image files,
 * Triton's extensions for binary tensors, classification and the repository of models.
 *
 * <p>Written from the protocol's description in KServe's documentation and those of the extensions
 * in Triton's.
 */
@NullMarked
package org.vgg4j.serve.inference;

import org.jspecify.annotations.NullMarked;
