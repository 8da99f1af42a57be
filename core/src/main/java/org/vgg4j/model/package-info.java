/**
 * The family: the architectures as ordered lists of layer records, their parameters' names and
 * shapes, counts and receptive fields, how an image must be prepared, and what the output is
 * compared with in training.
 */
@NullMarked
package org.vgg4j.model;

import org.jspecify.annotations.NullMarked;
