package org.vgg4j.network;

/**
 * What the dropout masks of a batch depend on, and nothing else.
 *
 * @param seed the run's seed
 * @param epoch the epoch, from 0
 * @param samples index of each image's sample in the training set, {@code [N]}
 */
public record DropoutKeys(long seed, int epoch, int[] samples) {}
