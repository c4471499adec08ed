// libopus as the exchange uses it: what it sets by variadic calls, under names of their own.
#include <opus.h>

static inline int copus_set_bitrate(OpusEncoder *encoder, opus_int32 bits) {
  return opus_encoder_ctl(encoder, OPUS_SET_BITRATE(bits));
}
static inline int copus_set_complexity(OpusEncoder *encoder, opus_int32 complexity) {
  return opus_encoder_ctl(encoder, OPUS_SET_COMPLEXITY(complexity));
}
static inline int copus_set_variable(OpusEncoder *encoder, int is_variable) {
  return opus_encoder_ctl(encoder, OPUS_SET_VBR(is_variable));
}
// Redundancy for the packet before, worth its bits where this many per cent are lost; 0 switches it off.
static inline int copus_set_loss(OpusEncoder *encoder, opus_int32 percent) {
  opus_encoder_ctl(encoder, OPUS_SET_INBAND_FEC(percent > 0));
  return opus_encoder_ctl(encoder, OPUS_SET_PACKET_LOSS_PERC(percent));
}
static inline int copus_set_voice(OpusEncoder *encoder) {
  return opus_encoder_ctl(encoder, OPUS_SET_SIGNAL(OPUS_SIGNAL_VOICE));
}
