package org.vgg4j.data;

import org.jspecify.annotations.Nullable;

/**
 * A data set divided for training. All parts have the same classes.
 *
 * @param name what to call the data set, for example {@code fashion-mini}
 * @param train what the network learns from
 * @param validation what the learning rate and the choice of the best network are decided on
 * @param test what is used once, at the end; null if the data set has no such images
 * @param fingerprint SHA-256 in hexadecimal digits of the data set as it was found, before any
 *     image was held out: it does not depend on the held-out fraction or the seed
 */
public record DataSplits(
    String name, Dataset train, Dataset validation, @Nullable Dataset test, String fingerprint) {}
