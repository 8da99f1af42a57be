package org.vgg4j.cuda.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.vgg4j.base.InputException;
import org.vgg4j.cuda.driver.Context;
import org.vgg4j.cuda.driver.DeviceMemory;
import org.vgg4j.cuda.driver.Driver;
import org.vgg4j.cuda.driver.Emulator;
import org.vgg4j.model.Architecture;
import org.vgg4j.model.Configuration;
import org.vgg4j.network.Device;
import org.vgg4j.network.Engine;
import org.vgg4j.network.EngineProvider;
import org.vgg4j.network.Engines;
import org.vgg4j.network.Exchange;
import org.vgg4j.network.HostThreads;
import org.vgg4j.network.Inference;
import org.vgg4j.network.LearnerOptions;
import org.vgg4j.network.Network;
import org.vgg4j.network.Networks;
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
    assertThatThrownBy(() -> Engines.open(Device.CPU.in(Precision.BF16), 1))
        .isInstanceOf(InputException.class)
        .hasMessage(
            "option device is cpu, but processors compute in fp32 only: set the precision to fp32");
  }

  @Test
  void aGpuThatAnotherProcessHasForItselfIsPassedOver() {
    Emulator.pose(2, 12040, 80, 1L << 28);
    Emulator.takeDevice(0);
    assertThat(kernels(Device.AUTO)).isEqualTo("cuda:1 cuda-sm80-bf16-cc80");
    assertThat(kernels(Device.of("cuda"))).isEqualTo("cuda:1 cuda-sm80-bf16-cc80");
    refuses(
        "cuda:0",
        "cuda:0 (vgg4j emulator) is used by another process in exclusive mode: end that process"
            + " (nvidia-smi lists it), use another GPU");
    Emulator.takeDevice(1);
    assertThat(kernels(Device.AUTO)).startsWith("cpu ");
    refuses(
        "cuda",
        "cuda:0 (vgg4j emulator) is used by another process in exclusive mode: end that process"
            + " (nvidia-smi lists it), use another GPU");
  }

  @Test
  void anEngineIsClosedOnce() {
    Engine engine = Engines.open(Device.of("cuda:0"), 1);
    engine.close();
    engine.close();
    assertThat(kernels(Device.of("cuda:0"))).startsWith("cuda:0");
  }

  @Test
  void severalGpusAreOneDevice() {
    Emulator.pose(4, 12040, 90, 1L << 28);
    assertThat(kernels(Device.of("cuda:2,0"))).isEqualTo("cuda:2,0 cuda-sm90a-bf16-cc90");
    try (Engine engine = Engines.open(Device.of("cuda:0,1,2,3"), 1)) {
      assertThat(engine.kernels().description())
          .isEqualTo("4 x vgg4j emulator (cuda:0,1,2,3), products of bf16, sums of fp32");
    }
  }

  @Test
  void aHopperHasKernelsOfItsOwnWhereTheDriverIsNewEnough() {
    Emulator.pose(1, 12000, 90, 1L << 28);
    try (Engine engine = Engines.open(Device.of("cuda"), 1)) {
      assertThat(engine.kernels().name()).isEqualTo("cuda-sm90a-bf16-cc90");
      assertThat(engine.kernels().reason()).contains("Hopper");
    }
    Emulator.pose(1, 11080, 90, 1L << 28);
    assertThat(kernels(Device.of("cuda"))).isEqualTo("cuda:0 cuda-sm80-bf16-cc90");
  }

  @Test
  void ampereKernelsCanBeAskedForOnAHopper() {
    Emulator.pose(1, 12040, 90, 1L << 28);
    System.setProperty("vgg.cuda.family", "ampere");
    try {
      assertThat(kernels(Device.of("cuda"))).isEqualTo("cuda:0 cuda-sm80-bf16-cc90");
      System.setProperty("vgg.cuda.family", "hopper");
      assertThatThrownBy(() -> Engines.open(Device.of("cuda"), 1))
          .isInstanceOf(InputException.class)
          .hasMessage("property vgg.cuda.family is 'hopper' but can only be ampere");
    } finally {
      System.clearProperty("vgg.cuda.family");
    }
  }

  /** The first infers, the one with the least memory limits training. */
  @Test
  void networksAreJudgedByTheMemoryOfTheGpuThatInfers() {
    Emulator.pose(2, 12040, 80, 64L << 20);
    Architecture network = Networks.smallest(Configuration.A, 32, 10);
    Context full = Context.open(Driver.open().device(1));
    try (full;
        DeviceMemory taken = DeviceMemory.allocate(full, (64L << 20) - (1 << 16));
        Engine engine = Engines.open(Device.of("cuda:0,1"), 1);
        Network loaded = engine.load(Networks.random(network, 5))) {
      assertThat(taken.bytes()).isPositive();
      try (Inference inference = loaded.inference(1, Set.of())) {
        assertThat(inference.outputs(Networks.images(network, 1, 1), 1)).hasSize(10);
      }
      LearnerOptions options =
          new LearnerOptions(2, 1, 0, new LearnerOptions.Descent(0.9, 0, true));
      assertThatThrownBy(() -> engine.learner(Networks.random(network, 5), options, Exchange.ALONE))
          .isInstanceOf(InputException.class)
          .hasMessageContaining("cuda:1");
    }
  }

  private static void refuses(String device, String reasonAndRemedy) {
    assertThatThrownBy(() -> Engines.open(Device.of(device), 1))
        .isInstanceOf(InputException.class)
        .hasMessage(
            "option device is %s, but %s, or use --device cpu".formatted(device, reasonAndRemedy));
  }

  @Test
  void gpusThatDoNotFitTogetherAreRefusedInOneSentence() {
    Emulator.pose(3, 12040, 80, 1L << 30);
    refuses("cuda:0,0", "it names cuda:0 twice: name each GPU once");
    refuses("cuda:1,7", "there is no GPU cuda:7: use cuda:0 to cuda:2, which this machine has");
    Emulator.poseDevice(1, 90, 1L << 30);
    refuses(
        "cuda:0,1",
        "cuda:0 (vgg4j emulator) has compute capability 8.0 and cuda:1 (vgg4j emulator) has 9.0,"
            + " which round differently: name GPUs of one kind");
    Emulator.poseDevice(2, 80, 1L << 29);
    refuses(
        "cuda:0,2",
        "cuda:0 (vgg4j emulator) has 1.0 GiB of memory and cuda:2 (vgg4j emulator) has 512.0 MiB,"
            + " and each takes the same share of a batch: name GPUs of one kind");
    Emulator.poseDevice(2, 75, 1L << 30);
    refuses(
        "cuda:0,2",
        "cuda:2 (vgg4j emulator) has compute capability 7.5 and vgg4j needs 8.0 or newer (A100,"
            + " RTX 30 and what came after): use another GPU");
  }

  private static CudaEngineProvider process(int rank, int size) {
    return new CudaEngineProvider(
        LocalProcesses.of(
            Map.of(
                "WORLD_SIZE", String.valueOf(Math.max(2, size)),
                "LOCAL_RANK", String.valueOf(rank),
                "VGG_LOCAL_SIZE", String.valueOf(size))));
  }

  /** Five processes and two GPUs: three take the first, two the second. */
  @Test
  void processesOfOneMachineTakeItsGpusInTurnAndShareTheirMemory() {
    Emulator.pose(2, 12040, 80, 60L << 20);
    Device any = Device.of("cuda");
    for (int rank = 0; rank < 5; rank++) {
      CudaEngineProvider provider = process(rank, 5);
      assertThat(provider.availability(any).usable()).isTrue();
      try (Engine engine = provider.open(any, new HostThreads(1))) {
        assertThat(engine.device().text()).isEqualTo("cuda:" + rank % 2);
        assertThat(engine.memory().limit()).isEqualTo((60L << 20) / (rank % 2 == 0 ? 3 : 2));
      }
    }
    try (Engine engine = process(3, 5).open(Device.of("cuda:1"), new HostThreads(1))) {
      assertThat(engine.device().text()).isEqualTo("cuda:1");
      assertThat(engine.memory().limit()).isEqualTo((60L << 20) / 5);
      assertThat(engine.memory().remedy()).isEqualTo("start fewer processes (5 share this GPU)");
      LearnerOptions options =
          new LearnerOptions(512, 512, 0, new LearnerOptions.Descent(0.9, 0, true));
      Architecture network = Networks.smallest(Configuration.A, 32, 10);
      assertThatThrownBy(() -> engine.learner(Networks.random(network, 5), options, Exchange.ALONE))
          .isInstanceOf(InputException.class)
          .hasMessageContaining("are free for each process on cuda:1");
    }
  }

  /** A scheduler's processes are told their number only, and may have a GPU each. */
  @Test
  void aProcessThatSomebodyElseStarted() {
    Emulator.pose(2, 12040, 80, 60L << 20);
    LocalProcesses third = LocalProcesses.of(Map.of("WORLD_SIZE", "4", "LOCAL_RANK", "2"));
    try (Engine engine =
        new CudaEngineProvider(third).open(Device.of("cuda"), new HostThreads(1))) {
      assertThat(engine.device().text()).isEqualTo("cuda:0");
      assertThat(engine.memory().limit()).isEqualTo(60L << 20);
    }
    assertThat(LocalProcesses.of(Map.of("LOCAL_RANK", "2"))).isEqualTo(new LocalProcesses(0, 1));
    assertThat(LocalProcesses.of(Map.of("WORLD_SIZE", "x", "LOCAL_RANK", "-1")).rank()).isZero();
    assertThat(new LocalProcesses(3, 4).gpu(0)).isZero();
  }
}
