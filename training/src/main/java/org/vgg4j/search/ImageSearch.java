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
import org.vgg4j.network.HostThreads;
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

  /** Describes images with a model that is loaded already. Thread-safe. */
  @FunctionalInterface
  public interface Describer {
    /**
     * @return what the index's recipe makes of the image
     */
    float[] describe(RgbImage image);
  }

  private final SearchIndex index;
  private final Describer describer;
  private final HostThreads threads;
  private final Runnable end;
  private final ReentrantLock turn;
  private volatile boolean closed;

  private ImageSearch(
      SearchIndex index,
      Describer describer,
      HostThreads threads,
      Runnable end,
      ReentrantLock turn) {
    this.index = index;
    this.describer = describer;
    this.threads = threads;
    this.end = end;
    this.turn = turn;
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
      ReentrantLock turn = new ReentrantLock(true);
      Describer own =
          image -> {
            List<RgbImage> rescaled = descriptors.rescale(image); // before taking a turn
            turn.lock();
            try {
              return descriptors.compute(List.of(rescaled))[0];
            } finally {
              turn.unlock();
            }
          };
      Runnable end =
          () -> {
            descriptors.close();
            network.close();
            engine.close();
          };
      return new ImageSearch(index, own, engine.hostThreads(), end, turn);
    } catch (RuntimeException | Error e) {
      engine.close();
      throw e;
    }
  }

  /**
   * Uses a model that someone else has loaded, with 32-bit weights, and closes.
   *
   * @param model its file
   * @param describer by the recipe {@code index.header().descriptors()}
   * @param threads for searching alone
   * @throws InputException if the file is not the model that made the index
   */
  public static ImageSearch sharing(
      SearchIndex index, Path model, Describer describer, int threads) {
    Path unused = requireModel(index, model);
    HostThreads own = new HostThreads(threads);
    return new ImageSearch(index, describer, own, own::close, new ReentrantLock(true));
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
   * @throws IllegalStateException if this is closed, or the model that it shares
   */
  public List<Match> search(RgbImage image, int top) {
    Objects.requireNonNull(image, "no image: it is null");
    if (top < 1) {
      throw new InputException("option top is " + top + " but must be at least 1");
    }
    requireOpen();
    float[] descriptor = describer.describe(image);
    turn.lock();
    try {
      requireOpen();
      return index.search(descriptor, top, threads);
    } finally {
      turn.unlock();
    }
  }

  /** Where an image is that was found. */
  public Path path(Match match) {
    return index.path(match.row());
  }

  private void requireOpen() {
    if (closed) {
      throw new IllegalStateException("this search was closed: open the index again");
    }
  }

  /**
   * Waits for the running call, and refuses later ones. A model that is shared stays open. Closing
   * again does nothing.
   */
  @Override
  public void close() {
    turn.lock();
    try {
      if (!closed) {
        closed = true;
        end.run();
      }
    } finally {
      turn.unlock();
    }
  }
}
