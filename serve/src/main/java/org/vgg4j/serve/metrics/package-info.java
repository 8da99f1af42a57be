/** Figures of the running service, in the form that Prometheus reads. */
@NullMarked
package org.vgg4j.serve.metrics;

import org.jspecify.annotations.NullMarked;
