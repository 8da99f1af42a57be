/**
 * {@code benchmarks/compare}: whole networks on vgg4j's engine and on its peers, each in its own
 * process, with the same weights and images, taking turns.
 *
 * <p>{@link org.vgg4j.bench.compare.Main} reads the command line, {@link
 * org.vgg4j.bench.compare.Comparison} drives one {@link org.vgg4j.bench.compare.Child} per engine,
 * in which {@link org.vgg4j.bench.compare.EngineProcess} runs a {@link
 * org.vgg4j.bench.compare.Contender}.
 */
@NullMarked
package org.vgg4j.bench.compare;

import org.jspecify.annotations.NullMarked;
