package org.vgg4j.report;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.AtomicFile;
import org.vgg4j.network.Device;
import org.vgg4j.train.RunFolder;

/** The page of a run: report.html, one file that needs no other and no network. */
public final class RunReport {
  /** Is told how many of the validation images have been measured. */
  @FunctionalInterface
  public interface Progress {
    void measured(int done, int of);
  }

  /**
   * Where the run's files are now.
   *
   * @param data the data set; null if it is where config.yaml says
   * @param boxes its boxes; null if they are where config.yaml says
   * @param multiLabel its file of labels, several an image; null if it is where config.yaml says
   */
  public record Places(@Nullable String data, @Nullable Path boxes, @Nullable String multiLabel) {
    /** With the file of labels, if there is one, where config.yaml says. */
    public Places(@Nullable String data, @Nullable Path boxes) {
      this(data, boxes, null);
    }

    /** Where config.yaml says. */
    public static final Places RECORDED = new Places(null, null);
  }

  private RunReport() {}

  /**
   * Writes report.html into a run folder, replacing any that exists. All that it shows is read from
   * the folder, except for the best model's errors: the model is measured on the validation images
   * again. The run may have finished, been stopped, or still be going on; without a best model the
   * page shows what there is. The same folder and data give the same page.
   *
   * @param folder the run folder
   * @param places where the data set is now
   * @param device that measures the best model
   * @param threads number of threads
   * @param progress is told how far the measurement has got
   * @return the file
   * @throws org.vgg4j.base.InputException if there is no run in the folder, a file of it or of the
   *     data set cannot be read, or the data are not those of the run
   */
  public static Path write(
      RunFolder folder, Places places, Device device, int threads, Progress progress) {
    RunRecord run = RunRecord.read(folder);
    BestModel best = BestModel.measure(run, places, device, threads, progress);
    Path file = folder.path().resolve("report.html");
    AtomicFile.write(file, PageMaker.page(run, best).html());
    return file;
  }
}
