package org.vgg4j.search;

/**
 * An image that was found.
 *
 * @param row its number in the index, from 0
 * @param cosine of the angle between both descriptors: 1 for equal ones
 */
public record Match(int row, double cosine) {}
