package org.vgg4j.cuda.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.vgg4j.base.InputException;
import org.vgg4j.cuda.driver.Emulator;
import org.vgg4j.network.Device;
import org.vgg4j.network.Engine;
import org.vgg4j.network.EngineProvider;
import org.vgg4j.network.Engines;
import org.vgg4j.network.Precision;

/** How a GPU is found, and what is said where it cannot be used. */
@ExtendWith(Emulator.class)
class CudaEngineProviderTest {
  private static String kernels(Device device) {
    try (Engine engine = Engines.open(device, 1)) {
      return engine.device().text() + " " + engine.kernels().name();
    }
  }

  @Test
  void aGpuThatCanBeUsedIsTheBest() {
    assertThat(kernels(Device.AUTO)).isEqualTo("cuda:0 cuda-sm80-bf16-cc80");
    assertThat(kernels(Device.AUTO.in(Precision.FP32))).isEqualTo("cuda:0 cuda-sm80-fp32-cc80");
    assertThat(kernels(Device.CPU)).startsWith("cpu ");
    Emulator.pose(3, 12040, 90, 1L << 28);
    assertThat(kernels(Device.of("cuda:2"))).isEqualTo("cuda:2 cuda-sm90a-bf16-cc90");
  }

  @Test
  void theProcessorsComputeWhereThereIsNone() {
    Emulator.pose(0, 12040, 80, 1L << 28);
    assertThat(kernels(Device.AUTO)).startsWith("cpu ");
    EngineProvider.Availability cuda = Engines.kinds().get("cuda");
    assertThat(cuda.usable()).isFalse();
    assertThat(cuda.reason()).isEqualTo("the NVIDIA driver finds no GPU");
  }

  @Test
  void whatIsMissingIsOneSentence() {
    Emulator.pose(2, 12040, 75, 1L << 28);
    assertThatThrownBy(() -> Engines.open(Device.of("cuda:1"), 1))
        .isInstanceOf(InputException.class)
        .hasMessage(
            "option device is cuda:1, but cuda:1 (vgg4j emulator) has compute capability 7.5 and"
                + " vgg4j needs 8.0 or newer (A100, RTX 30 and what came after): use another GPU,"
                + " or use --device cpu");
    assertThatThrownBy(() -> Engines.open(Device.of("cuda:0,1"), 1))
        .isInstanceOf(InputException.class)
        .hasMessage(
            "option device is cuda:0,1, but a run on several GPUs is not possible yet: take one,"
                + " such as cuda:0");
    assertThatThrownBy(() -> Engines.open(Device.CPU.in(Precision.BF16), 1))
        .isInstanceOf(InputException.class)
        .hasMessage(
            "option device is cpu, but processors compute in fp32 only: set the precision to fp32");
  }
}
