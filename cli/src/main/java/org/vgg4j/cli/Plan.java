package org.vgg4j.cli;

import java.text.DecimalFormat;
import java.text.DecimalFormatSymbols;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.vgg4j.experiment.GradientExchange;
import org.vgg4j.experiment.HostExchange;
import org.vgg4j.experiment.TrainingCost;
import org.vgg4j.experiment.TrainingRun;

/**
 * What {@code vgg plan} found.
 *
 * @param costs for each number of machines or GPUs
 * @param inOneMachine whether these are GPUs of one machine
 * @param who trains, for sentences, such as "One machine"
 * @param origin of its rate, as a phrase
 * @param measured whether the rate was measured
 * @param predicted whether the rate is predicted
 * @param memoryBytes that training takes on each
 * @param imagesAtATime that memory is for
 * @param line between them, for sentences
 * @param gigabits of it per second
 * @param decodedPerCore images that a core decodes per second
 * @param decodedPerImage images that are decoded for one to train on: two where they are mixed
 * @param dense evaluation of whole images
 */
record Plan(
    List<TrainingCost> costs,
    boolean inOneMachine,
    String who,
    String origin,
    boolean measured,
    boolean predicted,
    double memoryBytes,
    int imagesAtATime,
    String line,
    double gigabits,
    double decodedPerCore,
    int decodedPerImage,
    List<Dense> dense) {
  /**
   * Dense evaluation on one GPU, with mirror images.
   *
   * @param scale Q, the shorter side
   * @param height of the images
   * @param width of the images
   * @param images how many
   * @param seconds for all
   */
  record Dense(int scale, int height, int width, long images, double seconds) {}

  private static final double SECONDS_PER_DAY = 86_400;

  private TrainingCost first() {
    return costs.get(0);
  }

  private TrainingRun run() {
    return first().run();
  }

  /** GPUs of one machine are fed by its processors together, machines each by their own. */
  private double decoded(TrainingCost cost) {
    return decodedPerImage * cost.decodeRate() * (inOneMachine ? cost.parts() : 1);
  }

  private double rateOfOne() {
    return first().alone().imagesPerSecond();
  }

  static String number(double value) {
    return new DecimalFormat("0.###", DecimalFormatSymbols.getInstance(Locale.ROOT)).format(value);
  }

  String text() {
    String text =
        String.format(
            Locale.ROOT,
            "Network %s: %,d images, %d epochs, batches of %d: %,d steps.%n%s trains on %s images/s"
                + " (%s), has %.0f W and %s, and needs %s%,.0f MB for %d images at a time.%n%n",
            run().architecture(),
            run().images(),
            run().epochs(),
            run().batch(),
            run().steps(),
            who,
            String.format(Locale.ROOT, rateOfOne() < 100 ? "%.2f" : "%,.0f", rateOfOne()),
            origin,
            first().machine().watts(),
            line,
            predicted ? "about " : "",
            memoryBytes / 1e6,
            imagesAtATime);
    return text
        + table()
        + String.format(
            Locale.ROOT,
            "%nimages each: of a batch; in each step: computing the gradients of these images,"
                + " dividing the work (%s),%nand waiting for gradients that arrive after the end of"
                + " the backward pass.%nValidation is not counted, and all batches count as"
                + " full.%s%n",
            dividing(),
            (decodedPerImage > 1 ? " Each image is decoded with the one it is mixed with." : "")
                + (predicted ? " All of it is predicted: see docs/scale.md." : ""))
        + String.format(
            Locale.ROOT,
            "The paper: four GTX Titan Black, %.0f to %.0f days, which is %.0f to %.0f images/s for"
                + " this many images and epochs; four were %.2f times as fast as one.%n",
            TrainingCost.PAPER_DAYS_LOW,
            TrainingCost.PAPER_DAYS_HIGH,
            run().rate(TrainingCost.PAPER_DAYS_HIGH),
            run().rate(TrainingCost.PAPER_DAYS_LOW),
            TrainingCost.PAPER_SPEED_UP)
        + denseText();
  }

  private String dividing() {
    if (inOneMachine) {
      return "moving gradients in each GPU's memory";
    }
    return first().exchange() instanceof HostExchange
        ? "copies of the gradients between GPU and host"
        : "products of the others' factors, and sending";
  }

  private TextTable table() {
    boolean quick = costs.stream().anyMatch(cost -> cost.stepSeconds() < 1);
    String unit = quick ? "ms" : "s";
    TextTable table =
        new TextTable()
            .row(
                inOneMachine ? "GPUs" : "machines",
                "images each",
                "time",
                "speed-up",
                "kWh",
                unit + " computing",
                unit + " dividing",
                unit + " waiting",
                "MB sent",
                inOneMachine ? "decoded/s" : "decoded/s each",
                "cores for that");
    for (TrainingCost cost : costs) {
      GradientExchange.Cost exchanged = cost.exchanged();
      table.row(
          cost.parts(),
          cost.imagesEach(),
          time(cost.days()),
          String.format(Locale.ROOT, "%.2f", cost.speedUp()),
          String.format(
              Locale.ROOT, cost.kilowattHours() < 10 ? "%.1f" : "%,.0f", cost.kilowattHours()),
          step(cost.computeSeconds(), quick),
          step(exchanged.workSeconds(), quick),
          step(exchanged.waitSeconds(), quick),
          String.format(Locale.ROOT, "%,.0f", exchanged.bytes() / 1e6),
          String.format(Locale.ROOT, "%,.1f", decoded(cost)),
          String.format(Locale.ROOT, "%.2f", decoded(cost) / decodedPerCore));
    }
    return table;
  }

  private static String step(double seconds, boolean quick) {
    return String.format(Locale.ROOT, "%,.2f", quick ? 1000 * seconds : seconds);
  }

  private String denseText() {
    if (dense.isEmpty()) {
      return "";
    }
    TextTable table = new TextTable().row("dense, Q", "pixels", "ms/image", "images/s", "time");
    for (Dense one : dense) {
      table.row(
          one.scale(),
          one.width() + "x" + one.height(),
          String.format(Locale.ROOT, "%.2f", 1000 * one.seconds() / one.images()),
          String.format(Locale.ROOT, "%,.0f", one.images() / one.seconds()),
          time(one.seconds() / SECONDS_PER_DAY));
    }
    double all = dense.stream().mapToDouble(Dense::seconds).sum();
    return String.format(
        Locale.ROOT,
        "%nDense evaluation of %,d images of 4:3 and their mirror images on one GPU, predicted; all"
            + " scales: %s.%n%s",
        dense.get(0).images(),
        time(all / SECONDS_PER_DAY),
        table);
  }

  /** In the unit that is easiest to read. */
  static String time(double days) {
    if (days >= 2) {
      return String.format(Locale.ROOT, "%,.1f d", days);
    }
    double hours = days * 24;
    return hours >= 2
        ? String.format(Locale.ROOT, "%.1f h", hours)
        : String.format(Locale.ROOT, "%.1f min", hours * 60);
  }

  Map<String, Object> asMap() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("arch", run().architecture().configuration().label());
    map.put("width", run().architecture().width());
    map.put("crop", run().architecture().crop());
    map.put("images", run().images());
    map.put("epochs", run().epochs());
    map.put("batch", run().batch());
    map.put("steps", run().steps());
    map.put("imagesPerSecond", rateOfOne());
    map.put("measured", measured);
    map.put("predicted", predicted);
    map.put("memoryBytes", Math.round(memoryBytes));
    map.put("microBatch", imagesAtATime);
    map.put("watts", first().machine().watts());
    map.put("gigabitsPerSecond", gigabits);
    map.put("paperDays", List.of(TrainingCost.PAPER_DAYS_LOW, TrainingCost.PAPER_DAYS_HIGH));
    map.put("paperSpeedUpOfFour", TrainingCost.PAPER_SPEED_UP);
    String unit = inOneMachine ? "gpus" : "machines";
    map.put(unit, costs.stream().map(cost -> row(cost, unit)).toList());
    List<Map<String, Object>> evaluated = new ArrayList<>();
    for (Dense one : dense) {
      Map<String, Object> row = new LinkedHashMap<>();
      row.put("testScale", one.scale());
      row.put("images", one.images());
      row.put("seconds", one.seconds());
      evaluated.add(row);
    }
    map.put("dense", evaluated);
    return map;
  }

  private Map<String, Object> row(TrainingCost cost, String unit) {
    GradientExchange.Cost exchanged = cost.exchanged();
    Map<String, Object> row = new LinkedHashMap<>();
    row.put(unit, cost.parts());
    row.put("imagesEach", cost.imagesEach());
    row.put("days", cost.days());
    row.put("speedUp", cost.speedUp());
    row.put("kilowattHours", cost.kilowattHours());
    row.put("computeSecondsPerStep", cost.computeSeconds());
    row.put("extraSecondsPerStep", exchanged.workSeconds());
    row.put("waitSecondsPerStep", exchanged.waitSeconds());
    row.put("trafficSecondsPerStep", exchanged.trafficSeconds());
    row.put("trafficBytesPerStep", exchanged.bytes());
    row.put(inOneMachine ? "decodedPerSecond" : "decodedPerSecondEach", decoded(cost));
    row.put(inOneMachine ? "decodingCores" : "decodingCoresEach", decoded(cost) / decodedPerCore);
    return row;
  }
}
