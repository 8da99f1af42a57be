package org.vgg4j.data;

/**
 * A picture of a data set that cannot be used.
 *
 * @param split the part of the data set that it belongs to
 * @param index its number in that part, as the data set was found
 * @param id what to call it: its file
 * @param reason what is wrong with it
 */
public record Unreadable(Split split, int index, String id, String reason) {}
