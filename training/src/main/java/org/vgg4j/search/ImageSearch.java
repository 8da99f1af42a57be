package org.vgg4j.search;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.FileDigest;
import org.vgg4j.base.InputException;
import org.vgg4j.descriptor.Descriptors;
import org.vgg4j.image.RgbImage;
import org.vgg4j.network.Device;
import org.vgg4j.network.Engine;
import org.vgg4j.network.Engines;
import org.vgg4j.network.FcWeights;
import org.vgg4j.network.Network;
import org.vgg4j.network.Parameters;
import org.vgg4j.weights.ModelFile;
import org.vgg4j.weights.Models;

/**
 * Search by image: an index, and the model that made it, which describes the images that are asked
 * for. The number of threads changes nothing.
 *
 * <p>Thread-safe: callers rescale concurrently, and take turns with the network and with the rows.
 */
public final class ImageSearch implements AutoCloseable {
  private static final int BATCH = 2; // an image and its mirror image

  private final SearchIndex index;
  private final Engine engine;
  private final Network network;
  private final Descriptors descriptors;
  private final ReentrantLock turn = new ReentrantLock(true);
  private volatile boolean closed;

  private ImageSearch(SearchIndex index, Engine engine, Network network, Descriptors descriptors) {
    this.index = index;
    this.engine = engine;
    this.network = network;
    this.descriptors = descriptors;
  }

  /**
   * Loads the model of an index.
   *
   * @param moved where the model is, if that is not where it was; otherwise null
   * @throws InputException if the model is gone, is not the one that made the index, or there is
   *     not enough memory
   */
  public static ImageSearch open(
      SearchIndex index, @Nullable Path moved, Device device, int threads) {
    Engine engine = Engines.open(device, threads);
    try {
      ModelFile file = Models.read(requireModel(index, moved));
      Network network =
          engine.load(new Parameters(file.architecture(), file.arrays()), FcWeights.FP32);
      Descriptors descriptors =
          new Descriptors(
              engine.hostThreads(),
              network,
              file.preprocessing(),
              index.header().descriptors(),
              BATCH);
      return new ImageSearch(index, engine, network, descriptors);
    } catch (RuntimeException | Error e) {
      engine.close();
      throw e;
    }
  }

  /**
   * Returns the file of an index's model, which must be what it was.
   *
   * @param moved where it is, if that is not where it was; otherwise null
   * @throws InputException if it is missing, or another
   */
  public static Path requireModel(SearchIndex index, @Nullable Path moved) {
    IndexHeader header = index.header();
    Path file = moved == null ? Path.of(header.model()) : moved;
    if (!Files.exists(file)) {
      throw new InputException(
          moved == null
              ? "the model of %s, %s, is gone: say with --model where it is"
                  .formatted(index.file(), file)
              : "there is no file %s: check the path".formatted(file));
    }
    if (!FileDigest.sha256(file).equals(header.modelSha256())) {
      throw new InputException(
          "%s is not the model that made the index %s (%s, as it then was), so descriptors cannot be compared: give that one with --model, or make the index again"
              .formatted(file, index.file(), header.model()));
    }
    return file;
  }

  /** The index. */
  public SearchIndex index() {
    return index;
  }

  /**
   * Finds the images of the index that are most like one.
   *
   * @param image of any size
   * @param top how many, at least 1
   * @return at most so many, the best first
   * @throws org.vgg4j.image.UnreadableImageException if the image is too elongated to be rescaled
   * @throws InputException if top is not positive, the image needs more memory than there is, or
   *     the index is damaged
   * @throws IllegalStateException if this is closed
   */
  public List<Match> search(RgbImage image, int top) {
    Objects.requireNonNull(image, "no image: it is null");
    if (top < 1) {
      throw new InputException("option top is " + top + " but must be at least 1");
    }
    requireOpen();
    List<RgbImage> rescaled = descriptors.rescale(image); // before taking a turn
    turn.lock();
    try {
      requireOpen();
      float[] descriptor = descriptors.compute(List.of(rescaled))[0];
      return index.search(descriptor, top, engine.hostThreads());
    } finally {
      turn.unlock();
    }
  }

  private void requireOpen() {
    if (closed) {
      throw new IllegalStateException("this search was closed: open the index again");
    }
  }

  /** Waits for the running call, and refuses later ones. Closing again does nothing. */
  @Override
  public void close() {
    turn.lock();
    try {
      if (!closed) {
        closed = true;
        descriptors.close();
        network.close();
        engine.close();
      }
    } finally {
      turn.unlock();
    }
  }
}
