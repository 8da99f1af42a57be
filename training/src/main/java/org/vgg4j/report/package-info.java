/**
 * What users look at: the page of a run, and the files that TensorBoard and MLflow read. Nothing
 * here changes what is learnt.
 */
@NullMarked
package org.vgg4j.report;

import org.jspecify.annotations.NullMarked;
