package org.vgg4j.model;

/**
 * What a network's output for one image is compared with in training. Immutable. The kind of target
 * depends on the task; all targets of a batch are of one kind.
 */
public sealed interface Target permits Label, MixedLabel, LabelSet, BoxTarget {}
