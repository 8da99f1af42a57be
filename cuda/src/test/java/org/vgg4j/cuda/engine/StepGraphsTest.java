package org.vgg4j.cuda.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.vgg4j.cuda.driver.Context;
import org.vgg4j.cuda.driver.CudaStream;
import org.vgg4j.cuda.driver.DeviceMemory;
import org.vgg4j.cuda.driver.Driver;
import org.vgg4j.cuda.driver.Emulator;
import org.vgg4j.cuda.kernels.Descent;
import org.vgg4j.cuda.kernels.KernelLibrary;
import org.vgg4j.cuda.kernels.Planes;
import org.vgg4j.cuda.kernels.Table;

/** Which work becomes a graph, and when all of it is forgotten. */
@ExtendWith(Emulator.class)
class StepGraphsTest {
  private static final int COUNT = 64;

  /** Each part makes a step of weights of its own, by a table of its own. */
  @Test
  void manyPartsAreForgottenTogetherAndWorkAgain() {
    int parts = 2 * StepGraphs.KEPT + 1;
    Context context = Context.open(Driver.open().device(0));
    try (context;
        KernelLibrary library = new KernelLibrary(context);
        CudaStream stream = CudaStream.create(context);
        DeviceMemory weights = DeviceMemory.of(context, new float[COUNT * parts]);
        DeviceMemory velocities = DeviceMemory.of(context, new float[COUNT * parts]);
        DeviceMemory gradient = DeviceMemory.of(context, ones());
        DeviceMemory rate = DeviceMemory.of(context, new float[] {-1});
        DeviceMemory room = DeviceMemory.allocate(context, 2L * StepGraphs.KEPT * Table.ROW)) {
      Descent descent = new Descent(library);
      DeviceTables tables = new DeviceTables(room);
      try (StepGraphs graphs = new StepGraphs(stream, tables)) {
        List<Integer> known = new ArrayList<>();
        for (int part : order(parts)) {
          long at = 4L * COUNT * part;
          Table table =
              Descent.table(
                  List.of(
                      new Descent.Parameter(
                          COUNT,
                          weights.address() + at,
                          velocities.address() + at,
                          gradient.address(),
                          1,
                          Planes.NONE,
                          0,
                          0,
                          0)));
          graphs.run(
              new StepGraphs.Part(part / 2 + 1, 64, part % 2 == 1),
              () -> descent.step(stream, table, tables.address(table), rate.address(), 0, 0));
          known.add(graphs.graphs());
        }
        stream.synchronize();
        float[] steps = new float[COUNT * parts];
        weights.download(steps);
        for (int part = 0; part < parts; part++) {
          int wanted = part;
          long runs = IntStream.of(order(parts)).filter(each -> each == wanted).count();
          assertThat(steps[COUNT * part]).as("steps of part %d", part).isEqualTo(runs);
        }
        assertThat(known.subList(0, 4)).containsExactly(0, 1, 1, 1);
        int full = 3 + 2 * StepGraphs.KEPT;
        assertThat(known.get(full - 1)).isEqualTo(2);
        assertThat(known.subList(full, full + 3)).as("all are forgotten").containsOnly(0);
      }
    }
  }

  /** None of its work is lost, and none done twice. */
  @Test
  void aPartThatIsNotCapturedIsEnqueuedPieceByPiece() {
    Context context = Context.open(Driver.open().device(0));
    try (context;
        KernelLibrary library = new KernelLibrary(context);
        CudaStream stream = CudaStream.create(context);
        DeviceMemory gradient = DeviceMemory.of(context, ones());
        DeviceMemory sum = DeviceMemory.of(context, new float[COUNT]);
        StepGraphs graphs = new StepGraphs(stream, new DeviceTables(sum))) {
      Descent descent = new Descent(library);
      Emulator.breakCaptures(2);
      List<Integer> known = new ArrayList<>();
      for (int i = 0; i < 5; i++) {
        graphs.run(
            new StepGraphs.Part(1, 1, true),
            () -> descent.addSlices(stream, gradient.address(), 1, sum.address(), COUNT, true));
        known.add(graphs.graphs());
      }
      assertThat(known).containsExactly(0, 0, 0, 1, 1);
      float[] sums = new float[COUNT];
      sum.download(sums);
      assertThat(sums).containsOnly(5);
    }
  }

  /** The first twice and thrice, then all, the last of which is one too many, then some again. */
  private static int[] order(int parts) {
    IntStream first = IntStream.of(0, 0, 0);
    IntStream all = IntStream.concat(IntStream.of(1), IntStream.range(1, parts));
    return IntStream.concat(IntStream.concat(first, all), IntStream.of(0, 1)).toArray();
  }

  private static float[] ones() {
    float[] ones = new float[COUNT];
    Arrays.fill(ones, 1);
    return ones;
  }
}
