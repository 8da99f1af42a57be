package org.vgg4j.data.archive;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.NonWritableChannelException;
import java.nio.channels.SeekableByteChannel;

/** A part of a channel, for reading. Closing it leaves the channel open. Not thread-safe. */
final class ChannelSlice implements SeekableByteChannel {
  private final SeekableByteChannel channel;
  private final long start;
  private final long length;
  private long position;
  private boolean closed;

  ChannelSlice(SeekableByteChannel channel, long start, long length) {
    this.channel = channel;
    this.start = start;
    this.length = length;
  }

  @Override
  public int read(ByteBuffer to) throws IOException {
    if (closed) {
      throw new ClosedChannelException();
    }
    if (position >= length) {
      return -1;
    }
    int most = (int) Math.min(to.remaining(), length - position);
    ByteBuffer part = to.slice(to.position(), most);
    channel.position(start + position);
    int count = channel.read(part);
    if (count > 0) {
      position += count;
      to.position(to.position() + count);
    }
    return count;
  }

  @Override
  public long position() {
    return position;
  }

  @Override
  public SeekableByteChannel position(long newPosition) {
    position = newPosition;
    return this;
  }

  @Override
  public long size() {
    return length;
  }

  @Override
  public int write(ByteBuffer from) {
    throw new NonWritableChannelException();
  }

  @Override
  public SeekableByteChannel truncate(long size) {
    throw new NonWritableChannelException();
  }

  @Override
  public boolean isOpen() {
    return !closed;
  }

  @Override
  public void close() {
    closed = true;
  }
}
