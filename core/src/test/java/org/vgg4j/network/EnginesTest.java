package org.vgg4j.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.vgg4j.base.InputException;
import org.vgg4j.network.cpu.CpuEngineProvider;

/** Which engine computes, and what is said where none can. */
class EnginesTest {
  private static final EngineProvider CPU = new CpuEngineProvider();

  /** A device of a kind of its own. */
  private record Other(boolean usable, String reason) implements EngineProvider {
    @Override
    public String kind() {
      return "abacus";
    }

    @Override
    public int preference() {
      return 10;
    }

    @Override
    public Availability availability(Device device) {
      return new Availability(usable, reason);
    }

    @Override
    public Engine open(Device device, HostThreads threads) {
      throw new AssertionError("not opened here");
    }
  }

  private static String refused(Device device, EngineProvider... providers) {
    try {
      Engines.choose(device, List.of(providers));
      throw new AssertionError("chosen");
    } catch (InputException e) {
      return String.valueOf(e.getMessage());
    }
  }

  @ParameterizedTest
  @CsvSource({"auto,auto,''", "cpu,cpu,''", "' cuda ',cuda,''", "'cuda:0,12',cuda,'0 12'"})
  void formsOfDevices(String text, String kind, String numbers) {
    Device device = Device.of(text);
    assertThat(device.kind()).isEqualTo(kind);
    assertThat(device.numbers()).hasSize(numbers.isEmpty() ? 0 : 2);
    assertThat(device.text()).isEqualTo(text.strip());
  }

  @Test
  void autoTakesNoNumber() {
    assertThatThrownBy(() -> Device.of("auto:7"))
        .isInstanceOf(InputException.class)
        .hasMessage(
            "option device is 'auto:7', but auto chooses by itself: leave the number out, or name"
                + " the kind of device, as in cuda:7");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "CPU", "cuda:", "cuda:0,", "cuda:x", "cuda:1234", "cpu cuda"})
  void whatIsNoFormOfADevice(String text) {
    assertThatThrownBy(() -> Device.of(text))
        .isInstanceOf(InputException.class)
        .hasMessage(
            "option device is '%s' but must be auto or a device such as cpu, cuda or cuda:0,1",
            text);
  }

  @Test
  void autoIsTheBestThatCanBeUsed() {
    Other usable = new Other(true, "ten beads a wire");
    Engines.Choice best = Engines.choose(Device.AUTO, List.of(usable, CPU));
    assertThat(best.provider()).isSameAs(usable);
    assertThat(best.device().text()).isEqualTo("abacus");
    assertThat(best.reason()).isEqualTo("ten beads a wire");

    Other broken = new Other(false, "a wire is bent");
    Engines.Choice second = Engines.choose(Device.AUTO, List.of(broken, CPU));
    assertThat(second.provider()).isSameAs(CPU);
    assertThat(second.device()).isEqualTo(Device.CPU);
    assertThat(second.reason())
        .isEqualTo("the processors of this machine; not abacus, since a wire is bent");
  }

  /** One that is found to be taken only when it is opened. */
  private static final class Taken implements EngineProvider {
    @Override
    public String kind() {
      return "abacus";
    }

    @Override
    public int preference() {
      return 10;
    }

    @Override
    public Availability availability(Device device) {
      return new Availability(true, "ten beads a wire");
    }

    @Override
    public Engine open(Device device, HostThreads threads) {
      throw new UnavailableDeviceException(
          device, "somebody counts with it", "wait", new IllegalStateException());
    }
  }

  @Test
  void autoGoesOnWhereTheBestCannotBeOpened() {
    try (Engine engine = Engines.open(Device.AUTO, 1, List.of(new Taken(), CPU))) {
      assertThat(engine.device()).isEqualTo(Device.CPU);
    }
    String refusal = "option device is abacus, but somebody counts with it: wait";
    assertThatThrownBy(() -> Engines.open(Device.of("abacus"), 1, List.of(new Taken(), CPU)))
        .isInstanceOf(InputException.class)
        .hasMessage(refusal);
    assertThatThrownBy(() -> Engines.open(Device.AUTO, 1, List.of(new Taken())))
        .isInstanceOf(InputException.class)
        .hasMessage(refusal);
  }

  @Test
  void aDeviceThatIsAskedForIsTakenOrRefused() {
    Other broken = new Other(false, "a wire is bent");
    assertThat(Engines.choose(Device.CPU, List.of(broken, CPU)).provider()).isSameAs(CPU);
    assertThat(refused(Device.of("abacus:2"), broken, CPU))
        .isEqualTo("option device is abacus:2, but a wire is bent");
    assertThat(refused(Device.of("cpu:0"), CPU))
        .isEqualTo(
            "option device is cpu:0, but processors are not chosen by number: take cpu, and set the"
                + " number of threads (--threads)");
    assertThat(refused(Device.of("tpu"), broken, CPU))
        .isEqualTo("option device is 'tpu' but must be auto, abacus, cpu");
    assertThat(refused(Device.of("cuda:0,1"), CPU))
        .isEqualTo(
            "option device is cuda:0,1, but it needs vgg4j's module for NVIDIA GPUs, which is not"
                + " on the class path (the jar vgg4j-cuda), and NVIDIA's driver: take cpu, or"
                + " auto");
    assertThat(refused(Device.AUTO, broken))
        .isEqualTo("no device can be used: not abacus, since a wire is bent");
  }

  @Test
  void theProcessorsAreFoundAsAService() {
    assertThat(Engines.kinds().get("cpu").usable()).isTrue();
    assertThat(Engines.kinds()).containsKey("cuda");
    try (Engine engine = Engines.open(Device.CPU, 2)) {
      assertThat(engine.device()).isEqualTo(Device.CPU);
      assertThat(engine.hostThreads().count()).isEqualTo(2);
      assertThat(engine.memory().limit()).isEqualTo(Runtime.getRuntime().maxMemory());
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, -3})
  void threadsAreAtLeastOne(int threads) {
    assertThatThrownBy(() -> Engines.open(Device.CPU, threads))
        .isInstanceOf(InputException.class)
        .hasMessage("option threads is %d but must be at least 1", threads);
  }
}
