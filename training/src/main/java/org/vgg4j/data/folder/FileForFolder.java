package org.vgg4j.data.folder;

import java.nio.file.Path;
import java.util.Locale;
import java.util.regex.Pattern;
import org.vgg4j.image.ImageFiles;

/** Says what a file is that was given instead of a folder of images, and what to do. */
final class FileForFolder {
  private static final String WANTED = "a folder with one sub-folder of images per class";

  /** Files of data sets that are read as they are. */
  private static final Pattern OF_A_DATA_SET =
      Pattern.compile(
          "(ilsvrc|loc_).*|.*-idx\\d-ubyte(\\.gz)?|(data_batch_\\d|test_batch|train|test)\\.bin");

  private static final Pattern ARCHIVE =
      Pattern.compile(".*\\.(zip|tar|tgz|tbz2?|txz|gz|bz2|xz|zst|7z|rar)");
  private static final Pattern LIST =
      Pattern.compile(".*\\.(csv|tsv|txt|json|jsonl|xml|ya?ml|xlsx?)");
  private static final Pattern ARRAYS =
      Pattern.compile(".*\\.(npy|npz|pkl|pickle|mat|h5|hdf5|parquet|arrow|tfrecords?|lmdb|bin)");

  private FileForFolder() {}

  /** The rest of a sentence that begins with the file. */
  static String whatItIs(Path file) {
    String name = String.valueOf(file.getFileName()).toLowerCase(Locale.ROOT);
    if (OF_A_DATA_SET.matcher(name).matches()) {
      Path folder = file.toAbsolutePath().normalize().getParent();
      return "one file of a data set: give the folder with all of them, " + folder;
    }
    if (ARCHIVE.matcher(name).matches()) {
      return "an archive: unpack it, and give " + WANTED;
    }
    if (ImageFiles.isImageName(name) || ImageFiles.content(file).isImage()) {
      return "an image: give " + WANTED;
    }
    if (LIST.matcher(name).matches()) {
      return "a list or a text, not images: give " + WANTED;
    }
    if (ARRAYS.matcher(name).matches()) {
      return "not a folder of images: write what is in it as image files, and give " + WANTED;
    }
    return "a file: give " + WANTED;
  }
}
