package org.vgg4j.embed;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.vgg4j.base.AtomicFile;
import org.vgg4j.base.InputException;
import org.vgg4j.data.Dataset;
import org.vgg4j.data.Subset;
import org.vgg4j.descriptor.DescriptorRecipe;
import org.vgg4j.evaluate.NpyHeader;
import org.vgg4j.evaluate.RescaledImages;

/**
 * One of several parts of a data set, each described by a process of its own, on one machine or
 * several that see one folder. Shares end where blocks of images end, so that all of them together
 * have the bytes of one run.
 *
 * @param number from 1
 * @param count how many shares there are
 */
public record Share(int number, int count) {
  private static final Pattern TEXT = Pattern.compile("([1-9]\\d{0,5})/([1-9]\\d{0,5})");

  /**
   * Reads {@code 2/4}, the second of four.
   *
   * @throws InputException if it is something else
   */
  public static Share of(String text) {
    Matcher matcher = TEXT.matcher(text.strip());
    if (matcher.matches()) {
      Share share =
          new Share(Integer.parseInt(matcher.group(1)), Integer.parseInt(matcher.group(2)));
      if (share.number <= share.count) {
        return share;
      }
    }
    throw new InputException(
        "option share is %s but must be which of how many, such as 2/4 for the second of four"
            .formatted(text));
  }

  /** The file of this share's descriptors: for photos.npy it is photos.2-of-4.npy. */
  public Path file(Path whole) {
    String name = String.valueOf(whole.getFileName());
    String stem = name.substring(0, name.length() - NpyHeader.EXTENSION.length());
    return whole.resolveSibling(stem + "." + number + "-of-" + count + NpyHeader.EXTENSION);
  }

  /**
   * Returns the images of this share.
   *
   * @param recipe with its scales, which decide where blocks end
   * @throws InputException if there are fewer blocks than shares
   */
  public Dataset of(Dataset whole, DescriptorRecipe recipe) {
    int block = RescaledImages.atATime(recipe.scales());
    int blocks = (whole.size() + block - 1) / block;
    if (count > blocks) {
      throw new InputException(
          "option share is %d/%d, but the %d images of %s are %d block(s) of up to %d: take at most so many shares"
              .formatted(number, count, whole.size(), whole.name(), blocks, block));
    }
    int from = block * (int) ((long) blocks * (number - 1) / count);
    int to = Math.min(whole.size(), block * (int) ((long) blocks * number / count));
    return new Subset(whole, whole.name(), IntStream.range(from, to).toArray());
  }

  /**
   * Returns the shares whose descriptors are not there yet.
   *
   * @param file of the whole
   * @return ascending numbers, from 1
   */
  public List<Integer> missing(Path file) {
    return IntStream.rangeClosed(1, count)
        .filter(k -> !Files.exists(new Share(k, count).file(file)))
        .boxed()
        .toList();
  }

  /**
   * Puts the descriptors of all shares into one file. Several processes may do so at once.
   *
   * @param file of the whole
   * @param whole the data set
   * @param recipe with its scales
   * @return what is in it
   * @throws InputException if a share is of other images, another model or another recipe, is
   *     damaged, or the file cannot be written or its .json is something else
   */
  public DescriptorTable join(Path file, Dataset whole, DescriptorRecipe recipe) {
    DescriptorTable.requirePlace(file);
    List<Path> files = new ArrayList<>();
    List<DescriptorTable> tables = new ArrayList<>();
    for (int k = 1; k <= count; k++) {
      Share share = new Share(k, count);
      Path own = share.file(file);
      DescriptorTable table = DescriptorTable.read(own);
      if (!table.dataFingerprint().equals(share.of(whole, recipe).fingerprint())) {
        throw new InputException(
            own + " has descriptors of other images: delete it, and describe this share again");
      }
      if (k > 1
          && (!table.recipe().equals(tables.get(0).recipe())
              || !table.kernels().equals(tables.get(0).kernels())
              || !table.fcWeights().equals(tables.get(0).fcWeights()))) {
        throw new InputException(
            "%s was made with another model, recipe, device or form of the weights than %s: delete the wrong one, and describe its share again"
                .formatted(own, files.get(0)));
      }
      files.add(own);
      tables.add(table);
    }
    DescriptorTable joined = joined(tables, whole);
    // two processes that end at once write one after the other
    try (FileChannel turn = FileChannel.open(files.get(0), StandardOpenOption.WRITE);
        FileLock unused = turn.lock()) {
      Files.deleteIfExists(file); // no table may ever lie beside other rows
      joined.write(file);
      AtomicFile.write(file, channel -> copy(files, joined, channel));
    } catch (IOException e) {
      throw new InputException("cannot write %s (%s)".formatted(file, AtomicFile.reason(e)), e);
    }
    return joined;
  }

  private static DescriptorTable joined(List<DescriptorTable> tables, Dataset whole) {
    DescriptorTable first = tables.get(0);
    return new DescriptorTable(
        first.recipe(),
        first.model(),
        whole.name(),
        whole.fingerprint(),
        first.kernels(),
        first.fcWeights(),
        first.dimensions(),
        tables.stream().flatMap(table -> table.unreadable().stream()).toList(),
        first.classNames(),
        tables.stream().flatMap(table -> table.ids().stream()).toList(),
        tables.stream().flatMapToInt(table -> IntStream.of(table.labels())).toArray());
  }

  private static void copy(List<Path> files, DescriptorTable joined, FileChannel to)
      throws IOException {
    ByteBuffer header = new NpyHeader(joined.ids().size(), joined.dimensions()).bytes();
    while (header.hasRemaining()) {
      to.write(header);
    }
    for (Path file : files) {
      try (FileChannel from = FileChannel.open(file, StandardOpenOption.READ)) {
        long at = NpyHeader.BYTES;
        while (at < from.size()) {
          at += from.transferTo(at, from.size() - at, to);
        }
      }
    }
  }
}
