package org.vgg4j.network;

/**
 * What the dropout masks of a batch depend on, and nothing else.
 *
 * @param seed the run's seed
 * @param epoch the epoch, from 0
 * @param samples a number of each sample, different for all samples of the epoch: its index in the
 *     training set, or where an image may come again its position in the epoch, {@code [N]}
 */
public record DropoutKeys(long seed, int epoch, int[] samples) {}
