/**
 * The family: the architectures as ordered lists of layer records, their parameters' names and
 * shapes, counts and receptive fields, and what an image must look like before it enters.
 */
@NullMarked
package org.vgg4j.model;

import org.jspecify.annotations.NullMarked;
