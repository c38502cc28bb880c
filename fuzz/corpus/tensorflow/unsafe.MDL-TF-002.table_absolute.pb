
3
fConst*
valueBB/etc/passwd*
dtype0
(
tInitializeTableFromTextFileV2hf"Ê