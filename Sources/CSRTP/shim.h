// libsrtp2 as the exchange uses it: its policy, a large struct of pointers, is filled in here.
#include <srtp2/srtp.h>
#include <string.h>

// Protection of RTP and of RTCP by the number of a suite, that of SRTPSuite in Swift.
static inline int csrtp_suite(int suite, srtp_policy_t *policy) {
  switch (suite) {
  case 0:
    srtp_crypto_policy_set_rtp_default(&policy->rtp);
    srtp_crypto_policy_set_rtcp_default(&policy->rtcp);
    return 1;
  case 1:
    srtp_crypto_policy_set_aes_cm_128_hmac_sha1_32(&policy->rtp);
    srtp_crypto_policy_set_rtcp_default(&policy->rtcp); // RFC 4568 6.2.2: 80 bits for RTCP
    return 1;
  case 2:
    srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80(&policy->rtp);
    srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80(&policy->rtcp);
    return 1;
  case 3:
    srtp_crypto_policy_set_aes_cm_256_hmac_sha1_32(&policy->rtp);
    srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80(&policy->rtcp);
    return 1;
  case 4:
    srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy->rtp);
    srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy->rtcp);
    return 1;
  case 5:
    srtp_crypto_policy_set_aes_gcm_256_16_auth(&policy->rtp);
    srtp_crypto_policy_set_aes_gcm_256_16_auth(&policy->rtcp);
    return 1;
  default:
    return 0;
  }
}

enum { CSRTP_MOST_KEYS = 16 };

// Makes a session, or adds a stream to it where there is one. `octets` are `count` keys of `key_size`, each with its salt
// behind it; `identifiers` as many MKIs of `identifier_size`, which is 0 where there are none. An SSRC of -1 stands for
// each that the other end may use.
static inline srtp_err_status_t csrtp_add(
    srtp_t *session, int suite, const uint8_t *octets, unsigned key_size, unsigned count, const uint8_t *identifiers,
    unsigned identifier_size, int64_t ssrc, unsigned window) {
  srtp_policy_t policy;
  srtp_master_key_t keys[CSRTP_MOST_KEYS];
  srtp_master_key_t *pointers[CSRTP_MOST_KEYS];
  memset(&policy, 0, sizeof policy);
  memset(keys, 0, sizeof keys);
  if (count == 0 || count > CSRTP_MOST_KEYS || !csrtp_suite(suite, &policy)) return srtp_err_status_bad_param;
  for (unsigned i = 0; i < count; i++) {
    keys[i].key = (unsigned char *)octets + i * key_size;
    keys[i].mki_id = (unsigned char *)identifiers + i * identifier_size;
    keys[i].mki_size = identifier_size;
    pointers[i] = &keys[i];
  }
  policy.keys = pointers;
  policy.num_master_keys = count;
  policy.ssrc.type = ssrc < 0 ? ssrc_any_inbound : ssrc_specific;
  policy.ssrc.value = ssrc < 0 ? 0 : (unsigned)ssrc;
  policy.window_size = window;
  return *session ? srtp_add_stream(*session, &policy) : srtp_create(session, &policy);
}
