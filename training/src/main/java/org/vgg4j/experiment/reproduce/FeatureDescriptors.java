package org.vgg4j.experiment.reproduce;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.IntConsumer;
import org.vgg4j.data.UnreadableLimit;
import org.vgg4j.descriptor.DescriptorRecipe;
import org.vgg4j.descriptor.Descriptors;
import org.vgg4j.embed.DescriptorTable;
import org.vgg4j.embed.Embedding;
import org.vgg4j.evaluate.NpyHeader;
import org.vgg4j.image.RgbImage;
import org.vgg4j.model.Preprocessing;
import org.vgg4j.network.Engine;
import org.vgg4j.network.Network;
import org.vgg4j.network.Parameters;
import org.vgg4j.svm.MappedRows;
import org.vgg4j.svm.Rows;
import org.vgg4j.weights.ModelFile;
import org.vgg4j.weights.Models;

/**
 * Describes images by one network, each part into a file such as {@code
 * descriptors/voc-2007-test-1.npy}. A finished file is kept, and an interrupted one continued. Not
 * thread-safe.
 */
final class FeatureDescriptors implements AutoCloseable {
  private final FeatureNet net;
  private final FeatureConfig config;
  private final Engine engine;
  private final Preprocessing preprocessing;
  private final Network network;

  /**
   * Loads the network.
   *
   * @throws org.vgg4j.base.InputException if its file is damaged, or memory does not suffice
   */
  FeatureDescriptors(FeatureNet net, FeatureConfig config, Engine engine) {
    this.net = net;
    this.config = config;
    this.engine = engine;
    ModelFile file = Models.read(net.path());
    this.preprocessing = file.preprocessing();
    this.network =
        engine.load(new Parameters(file.architecture(), file.arrays()), config.fcWeights());
  }

  private Descriptors descriptors(FeaturePart part) {
    return new Descriptors(
        engine.hostThreads(),
        network,
        preprocessing,
        part.recipe(config.scales(), net),
        config.batch());
  }

  /**
   * Measures how long an image takes.
   *
   * @return seconds
   */
  double secondsPerImage(FeaturePart part) {
    RgbImage image = part.images().image(0);
    try (Descriptors descriptors = descriptors(part)) {
      List<List<RgbImage>> one = List.of(descriptors.rescale(image));
      descriptors.compute(one); // the first time is slower
      long start = System.nanoTime();
      descriptors.compute(one);
      return (System.nanoTime() - start) / 1e9;
    }
  }

  /**
   * Describes the images of a part that are not described yet.
   *
   * @param stop asked after each block of images
   * @param done receives the number of images done
   * @return whether all are described
   * @throws org.vgg4j.base.InputException if an image cannot be read, or the file not be written
   */
  boolean describe(Path out, FeaturePart part, BooleanSupplier stop, IntConsumer done) {
    Path file = file(out, part, net);
    if (isDone(file, part)) {
      return true;
    }
    Embedding.Computer computer =
        new Embedding.Computer(
            net.path().toString(),
            net.digest(),
            engine.kernels().name(),
            network.fcWeights().label());
    try (Descriptors descriptors = descriptors(part)) {
      // each row must be one of the lists' images, so that none may be passed over
      return new Embedding(engine.hostThreads(), descriptors, computer, UnreadableLimit.NONE)
          .run(part.images(), file, stop, done)
          .finished();
    }
  }

  private boolean isDone(Path file, FeaturePart part) {
    if (!Files.exists(file) || !Files.exists(DescriptorTable.beside(file))) {
      return false;
    }
    DescriptorTable table = DescriptorTable.read(file);
    DescriptorRecipe recipe = part.recipe(config.scales(), net);
    Map<String, Object> expected = new LinkedHashMap<>(recipe.asMap());
    expected.put(DescriptorTable.MODEL_DIGEST, net.digest());
    return table.recipe().equals(expected)
        && table.kernels().equals(engine.kernels().name())
        && table.fcWeights().equals(network.fcWeights().label())
        && table.dataFingerprint().equals(part.images().fingerprint());
  }

  /** Opens what {@link #describe} wrote. The numbers stay in the file. */
  static Rows rows(Path out, FeaturePart part, FeatureNet net) {
    Path file = file(out, part, net);
    DescriptorTable table = DescriptorTable.read(file);
    return new MappedRows(file, NpyHeader.BYTES, table.ids().size(), table.dimensions());
  }

  private static Path file(Path out, FeaturePart part, FeatureNet net) {
    return out.resolve("descriptors")
        .resolve("%s-%d%s".formatted(part.name(), net.number(), NpyHeader.EXTENSION));
  }

  @Override
  public void close() {
    network.close();
  }
}
