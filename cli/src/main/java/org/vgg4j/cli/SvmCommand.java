package org.vgg4j.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.vgg4j.base.InputException;
import org.vgg4j.data.Synsets;
import org.vgg4j.embed.DescriptorTable;
import org.vgg4j.evaluate.NpyHeader;
import org.vgg4j.svm.MappedRows;
import org.vgg4j.svm.Rows;
import org.vgg4j.svm.StackedRows;
import org.vgg4j.svm.SvmModel;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code vgg svm}, and what the commands below it share. */
@Command(
    name = "svm",
    description = "Linear classifiers of descriptors that vgg embed made (the paper, appendix B).",
    subcommands = {SvmTrainCommand.class, SvmEvaluateCommand.class, SvmPredictCommand.class})
final class SvmCommand implements Runnable {
  @Spec private CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(
        spec.commandLine(), "a command is missing: train, evaluate or predict");
  }

  /** What the parameters that name descriptors are. */
  static final String DESCRIPTORS =
      "descriptors of images with classes; several files of the same images, such as those of two"
          + " networks, are stacked";

  /**
   * Descriptors whose classes are known.
   *
   * @param files NAME.npy; several are stacked
   * @param tables what the rows of each are
   * @param rows the numbers, which stay in the files
   */
  record Labelled(List<Path> files, List<DescriptorTable> tables, Rows rows) {
    /**
     * Opens files of the same images.
     *
     * @throws InputException if one is missing or damaged, has no classes or no rows, has other
     *     images than the first, or the recipe of an earlier one
     */
    static Labelled open(List<Path> files) {
      List<DescriptorTable> tables = files.stream().map(Labelled::table).toList();
      for (int i = 1; i < files.size(); i++) {
        requireSameImages(files, tables, i);
      }
      List<Rows> parts = new ArrayList<>();
      for (int i = 0; i < files.size(); i++) {
        DescriptorTable table = tables.get(i);
        parts.add(
            new MappedRows(files.get(i), NpyHeader.BYTES, table.ids().size(), table.dimensions()));
      }
      Rows rows = parts.size() == 1 ? parts.get(0) : new StackedRows(parts);
      return new Labelled(List.copyOf(files), tables, rows);
    }

    private static DescriptorTable table(Path file) {
      DescriptorTable table = DescriptorTable.read(file);
      if (!table.hasClasses() || table.ids().isEmpty()) {
        throw new InputException(
            "%s has descriptors of images without classes: make them of a data set that has classes"
                .formatted(file));
      }
      return table;
    }

    private static void requireSameImages(
        List<Path> files, List<DescriptorTable> tables, int index) {
      DescriptorTable first = tables.get(0);
      DescriptorTable other = tables.get(index);
      if (!first.ids().equals(other.ids())
          || !first.classNames().equals(other.classNames())
          || !Arrays.equals(first.labels(), other.labels())) {
        throw new InputException(
            "%s has other images than %s, so their rows cannot be stacked: describe the same data by both"
                .formatted(files.get(index), files.get(0)));
      }
      for (int i = 0; i < index; i++) {
        if (tables.get(i).recipe().equals(other.recipe())) {
          throw new InputException(
              "%s was made by the same network and recipe as %s: stack descriptors that differ"
                  .formatted(files.get(index), files.get(i)));
        }
      }
    }

    /** Names of the classes. */
    List<String> classNames() {
      return tables.get(0).classNames();
    }

    /** The class of each image. */
    int[] labels() {
      return tables.get(0).labels();
    }

    /** How the descriptors were made. */
    Map<String, Object> recipe() {
      return DescriptorTable.stacked(tables.stream().map(DescriptorTable::recipe).toList());
    }

    /**
     * Each row's class by the names of a model.
     *
     * @throws InputException if the model was trained on other descriptors, or does not know a
     *     class
     */
    int[] labels(SvmModel model) {
      List<Map<String, Object>> trained = DescriptorTable.parts(model.recipe());
      if (trained.size() != files.size()) {
        throw new InputException(
            "the classifiers were trained on descriptors of %d kind(s), but these are of %d: give the same kinds, in the same order"
                .formatted(trained.size(), files.size()));
      }
      for (int i = 0; i < files.size(); i++) {
        requireSame(files.get(i), trained.get(i), tables.get(i).recipe());
      }
      List<String> names = model.svm().classNames();
      List<String> keys = names.stream().map(Synsets::key).toList();
      int[] known = classNames().stream().map(Synsets::key).mapToInt(keys::indexOf).toArray();
      return Arrays.stream(labels())
          .map(
              label -> {
                if (known[label] < 0) {
                  throw new InputException(
                      "class %s of %s is none of the classifiers': %s"
                          .formatted(
                              classNames().get(label), files.get(0), String.join(", ", names)));
                }
                return known[label];
              })
          .toArray();
    }

    private static void requireSame(
        Path file, Map<String, Object> trained, Map<String, Object> here) {
      for (Map.Entry<String, Object> entry : trained.entrySet()) {
        Object other = here.get(entry.getKey());
        if (!Objects.equals(entry.getValue(), other)) {
          throw new InputException(
              "%s has descriptors with %s %s, but the classifiers were trained on %s: make them by the same recipe"
                  .formatted(file, entry.getKey(), other, entry.getValue()));
        }
      }
    }
  }
}
