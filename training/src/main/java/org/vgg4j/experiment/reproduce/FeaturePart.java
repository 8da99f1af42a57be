package org.vgg4j.experiment.reproduce;

import java.util.List;
import org.vgg4j.data.Dataset;
import org.vgg4j.descriptor.DescriptorRecipe;

/**
 * Images that are described in one way.
 *
 * @param name for files, such as {@code voc-2007-test}
 * @param images what is described
 * @param stacked whether the parts of several Q are stacked, not averaged
 * @param paperScales Q at a crop of 224
 */
record FeaturePart(String name, Dataset images, boolean stacked, List<Integer> paperScales) {
  /** The five that the paper averages for PASCAL VOC. */
  private static final List<Integer> FIVE = List.of(256, 384, 512, 640, 768);

  /** The three that it stacks for Caltech. */
  private static final List<Integer> THREE = List.of(256, 384, 512);

  /** Returns images that are described as the paper describes those of PASCAL VOC. */
  static FeaturePart averaged(String name, Dataset images) {
    return new FeaturePart(name, images, false, FIVE);
  }

  /** Returns images that are described as the paper describes those of Caltech. */
  static FeaturePart stacked(String name, Dataset images) {
    return new FeaturePart(name, images, true, THREE);
  }

  /**
   * Returns how the images are described.
   *
   * @param scales Q that are wanted; empty: the paper's, in proportion to the crop
   * @param net the network, which is shown mirror images if it has learnt from them
   */
  DescriptorRecipe recipe(List<Integer> scales, FeatureNet net) {
    List<Integer> own =
        scales.isEmpty()
            ? paperScales.stream().map(q -> ReproductionConfig.scale(q, net.crop())).toList()
            : scales;
    return DescriptorRecipe.paper()
        .withMirrorImages(net.mirrored())
        .withScales(own)
        .withStacking(stacked);
  }
}
