/**
 * {@code benchmarks/compare}: whole networks on this project's engine and on its peers, each in a
 * process of its own, with the same weights and images, in turn.
 *
 * <p>{@link org.vgg4j.bench.compare.Main} reads the command line, {@link
 * org.vgg4j.bench.compare.Comparison} drives one {@link org.vgg4j.bench.compare.Child} per engine,
 * in which {@link org.vgg4j.bench.compare.EngineProcess} runs a {@link
 * org.vgg4j.bench.compare.Contender}.
 */
@NullMarked
package org.vgg4j.bench.compare;

import org.jspecify.annotations.NullMarked;
