/**
 * The models that are served: loaded within the memory that there is, replaced without a request
 * being dropped, and released when the last request that uses them is answered.
 */
@NullMarked
package org.vgg4j.serve.models;

import org.jspecify.annotations.NullMarked;
