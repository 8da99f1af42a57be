package org.vgg4j.train;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.InputException;
import org.vgg4j.data.Unreadable;
import org.vgg4j.parallel.ProcessGroup;

/**
 * Messages from rank 0 to the other ranks: for each run its options, then its starting point;
 * finally, that there are no more runs.
 *
 * @param group the processes
 */
public record RunMessages(ProcessGroup group) {
  private static final ObjectMapper JSON = JsonMapper.builder().build();
  private static final byte[] NOTHING = {};

  /**
   * The starting point of a run.
   *
   * @param snapshot all but the weights
   * @param passedOver images that cannot be read
   * @param kernels name of those that rank 0 computes with now; the snapshot has the name of those
   *     that the run began with
   */
  record State(Snapshot snapshot, List<Unreadable> passedOver, String kernels) {}

  /** Says that a run with these options follows. */
  void begin(TrainingConfig config) {
    send(config.options());
  }

  /** Says that no run follows. */
  public void end() {
    byte[] unused = group.broadcast(NOTHING);
  }

  /** Says that the announced run will not begin. */
  void cancel() {
    end();
  }

  void state(State state) {
    send(state);
  }

  /**
   * Waits for the next run.
   *
   * @return its options, as {@link TrainingConfig#options} has them; null if there is none
   */
  public @Nullable Map<String, Object> awaitOptions() {
    return receive(new TypeReference<Map<String, Object>>() {});
  }

  /** Waits until the run begins; returns null if it does not. */
  @Nullable State awaitState() {
    return receive(new TypeReference<State>() {});
  }

  private void send(Object message) {
    if (group.size() == 1) {
      return;
    }
    try {
      byte[] unused = group.broadcast(JSON.writeValueAsBytes(message));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a message cannot be written as JSON", e);
    }
  }

  private <T> @Nullable T receive(TypeReference<T> type) {
    byte[] message = group.broadcast(NOTHING);
    try {
      return message.length == 0 ? null : JSON.readValue(message, type);
    } catch (IOException e) {
      throw new InputException("rank 0 is another version of vgg4j: use one version everywhere", e);
    }
  }
}
