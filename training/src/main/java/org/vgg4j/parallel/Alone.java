package org.vgg4j.parallel;

import java.util.List;

/** A group of one. */
record Alone() implements ProcessGroup {
  @Override
  public int rank() {
    return 0;
  }

  @Override
  public int size() {
    return 1;
  }

  @Override
  public void beginAllReduce(float[] values) {}

  @Override
  public void beginAllGather(List<float[]> arrays) {}

  @Override
  public void awaitAll() {}

  @Override
  public void barrier() {}

  @Override
  public void allReduce(double[] values) {}

  @Override
  public void broadcast(float[] values) {}

  @Override
  public byte[] broadcast(byte[] bytes) {
    return bytes;
  }

  @Override
  public Traffic traffic() {
    return Traffic.NONE;
  }

  @Override
  public void close() {}
}
