/** Experiments on whole networks: for now, how fast they run. */
@NullMarked
package org.vgg4j.experiment;

import org.jspecify.annotations.NullMarked;
