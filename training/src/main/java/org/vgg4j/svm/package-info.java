/**
 * Linear support vector machines over dense descriptors, one class against the rest: rows that are
 * read where they lie, the solver, the choice of C, and model files.
 */
@NullMarked
package org.vgg4j.svm;

import org.jspecify.annotations.NullMarked;
