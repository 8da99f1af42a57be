/**
 * The in-process API: load a model; classify images, describe them, map where in them a class is
 * seen. Start with {@link org.vgg4j.ImageClassifier}, or for descriptors by which images are
 * compared with {@link org.vgg4j.ImageEmbedder}.
 *
 * <p>The supported API, which changes only with a line in the changelog, is this package and what
 * its signatures name: the package {@link org.vgg4j.model}, and the classes {@link
 * org.vgg4j.base.VggException}, {@link org.vgg4j.base.InputException}, {@link
 * org.vgg4j.descriptor.DescriptorRecipe}, {@link org.vgg4j.descriptor.Pooling}, {@link
 * org.vgg4j.image.ImageDecoder}, {@link org.vgg4j.image.RgbImage}, {@link
 * org.vgg4j.image.UnreadableImageException}, {@link org.vgg4j.image.OversizedImageException},
 * {@link org.vgg4j.network.FcWeights} and {@link org.vgg4j.views.HeatMap}. Everything else is
 * public only for vgg4j's own packages and may change at any time. {@code ArchitectureTest} checks
 * that the supported API does not depend on anything else.
 */
@NullMarked
package org.vgg4j;

import org.jspecify.annotations.NullMarked;
