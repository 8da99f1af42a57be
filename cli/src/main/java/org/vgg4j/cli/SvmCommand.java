package org.vgg4j.cli;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.vgg4j.base.InputException;
import org.vgg4j.embed.DescriptorTable;
import org.vgg4j.evaluate.NpyHeader;
import org.vgg4j.svm.MappedRows;
import org.vgg4j.svm.Rows;
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

  /**
   * Descriptors whose classes are known.
   *
   * @param file NAME.npy
   * @param table what the rows are
   * @param rows the numbers, which stay in the file
   */
  record Labelled(Path file, DescriptorTable table, Rows rows) {
    /**
     * Opens a file.
     *
     * @throws InputException if it is missing or damaged, or has no classes or no rows
     */
    static Labelled open(Path file) {
      DescriptorTable table = DescriptorTable.read(file);
      if (!table.hasClasses() || table.ids().isEmpty()) {
        throw new InputException(
            "%s has descriptors of images without classes: make them of a data set that has classes"
                .formatted(file));
      }
      return new Labelled(
          file,
          table,
          new MappedRows(file, NpyHeader.BYTES, table.ids().size(), table.dimensions()));
    }

    /**
     * Each row's class by the names of a model.
     *
     * @throws InputException if the model was trained on other descriptors, or does not know a
     *     class
     */
    int[] labels(SvmModel model) {
      requireSame(model.recipe(), table.recipe());
      List<String> names = model.svm().classNames();
      int[] known = table.classNames().stream().mapToInt(names::indexOf).toArray();
      return Arrays.stream(table.labels())
          .map(
              label -> {
                if (known[label] < 0) {
                  throw new InputException(
                      "class %s of %s is none of the classifiers': %s"
                          .formatted(
                              table.classNames().get(label), file, String.join(", ", names)));
                }
                return known[label];
              })
          .toArray();
    }

    private void requireSame(Map<String, Object> trained, Map<String, Object> here) {
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
