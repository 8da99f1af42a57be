/**
 * The test protocols (centre crop, ten crops, multi-crop, dense, both), their posteriors, and what
 * is measured of these: errors, intervals, calibration, fusion, comparison.
 */
@NullMarked
package org.vgg4j.evaluate;

import org.jspecify.annotations.NullMarked;
