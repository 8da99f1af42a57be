/**
 * Experiments on whole networks: how fast they run, what training them takes, the paper's tables.
 */
@NullMarked
package org.vgg4j.experiment;

import org.jspecify.annotations.NullMarked;
