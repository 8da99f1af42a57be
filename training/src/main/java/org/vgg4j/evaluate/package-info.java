/**
 * The test protocols (centre crop, ten crops, multi-crop, dense, both), their posteriors, and what
 * is computed from these: errors, intervals, calibration, fusion, comparison.
 */
@NullMarked
package org.vgg4j.evaluate;

import org.jspecify.annotations.NullMarked;
